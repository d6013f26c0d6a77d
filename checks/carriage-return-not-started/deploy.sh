#!/bin/bash
docker push shop
